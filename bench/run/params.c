#include "bench/run/params.h"

#define CLOSED (1u << MODE_CLOSED)
#define OPEN   (1u << MODE_OPEN)
#define KNEE   (1u << MODE_KNEE)
#define HOLD   (1u << MODE_HOLD)
#define DRIVEN (CLOSED | OPEN | KNEE)
#define ANY    (DRIVEN | HOLD)

const struct param_info param_info[PARAM_COUNT] = {
    [PARAM_CONNS] = {"conns", "conns", "--conns", "", "connections",
                     "connections, 2 to 1000000", 2, 1000000, true, false, ANY,
                     ANY},
    [PARAM_ROOM_SIZE] = {"room-size", "room_size", "--room-size", "",
                         "members of each room", "members a room, 2 to 100000",
                         2, 100000, true, false, ANY, ANY},
    [PARAM_WINDOW] = {"window", "window", "--window", "",
                      "messages in flight in each room",
                      "messages in flight a room, 1 to 10000", 1, 10000, true,
                      false, CLOSED, CLOSED},
    [PARAM_SIZE] = {"size", "size", "--size", "", "bytes of a message",
                    "bytes of payload, 64 to 384", 64, 384, true, false, DRIVEN,
                    0},
    [PARAM_SENDERS] = {"senders", "senders", "--senders", "",
                       "senders in each room", "senders a room, 1 to 100000", 1,
                       100000, true, false, DRIVEN, 0},
    [PARAM_IDLE] = {"idle", "idle", "--idle", "", "share of idle connections",
                    "the share of connections that never send, 0 to 1", 0, 1,
                    false, false, DRIVEN, 0},
    [PARAM_SLOW] = {"slow", "slow", "--slow", "", "share of readers that stop",
                    "the share of readers that stop, 0 to 0.9", 0, 0.9, false,
                    false, DRIVEN, 0},
    [PARAM_CHURN] = {"churn", "churn", "--churn", "",
                     "connections that come and go, per second",
                     "connections a second that leave and come, 0 to 100000", 0,
                     100000, false, false, DRIVEN, 0},
    [PARAM_SPIN] = {"work-spin", "work_spin_us", "--work",
                    "spin:", "the handler spins, µs of CPU per message",
                    "microseconds a message, 0 to 1000000", 0, 1000000, true,
                    true, DRIVEN, 0},
    [PARAM_SLEEP] = {"work-sleep", "work_sleep_us", "--work",
                     "sleep:", "the handler sleeps, µs per message",
                     "microseconds a message, 0 to 1000000", 0, 1000000, true,
                     true, DRIVEN, 0},
    [PARAM_WARMUP] = {"warmup", "warmup_s", "--warmup", "", "warm-up, s",
                      "seconds, 0.1 to 600, or auto, or auto:SECONDS", 0.1, 600,
                      false, false, DRIVEN, DRIVEN},
    [PARAM_MEASURE] = {"measure", "measure_s", "--time", "", "measured, s",
                       "seconds, 0.1 to 86400", 0.1, 86400, false, false,
                       DRIVEN, DRIVEN},
    [PARAM_HOLD] = {"hold", "hold_s", "--hold", "", "held, s",
                    "seconds, 0.1 to 3600", 0.1, 3600, false, false, HOLD,
                    HOLD},
};

const char *mode_name(enum mode mode)
{
    static const char *const names[MODE_COUNT] = {[MODE_CLOSED] = "closed",
                                                  [MODE_OPEN] = "open",
                                                  [MODE_KNEE] = "knee",
                                                  [MODE_HOLD] = "hold"};

    return names[mode];
}
