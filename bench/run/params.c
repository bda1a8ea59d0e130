#include "bench/run/params.h"

#define CLOSED (1u << MODE_CLOSED)
#define OPEN   (1u << MODE_OPEN)
#define HOLD   (1u << MODE_HOLD)
#define DRIVEN (CLOSED | OPEN)
#define ANY    (CLOSED | OPEN | HOLD)

const struct param_info param_info[PARAM_COUNT] = {
    [PARAM_CONNS] = {"conns", "conns", "--conns", "connections, 2 to 1000000",
                     2, 1000000, true, ANY, ANY},
    [PARAM_ROOM_SIZE] = {"room-size", "room_size", "--room-size",
                         "members a room, 2 to 100000", 2, 100000, true, ANY,
                         ANY},
    [PARAM_WINDOW] = {"window", "window", "--window",
                      "messages in flight a room, 1 to 10000", 1, 10000, true,
                      CLOSED, CLOSED},
    [PARAM_SIZE] = {"size", "size", "--size", "bytes of payload, 64 to 384", 64,
                    384, true, DRIVEN, 0},
    [PARAM_SENDERS] = {"senders", "senders", "--senders",
                       "senders a room, 1 to 100000", 1, 100000, true, DRIVEN,
                       0},
    [PARAM_IDLE] = {"idle", "idle", "--idle",
                    "the share of connections that never send, 0 to 1", 0, 1,
                    false, DRIVEN, 0},
    [PARAM_SLOW] = {"slow", "slow", "--slow",
                    "the share of readers that stop, 0 to 1", 0, 1, false,
                    DRIVEN, 0},
    [PARAM_CHURN] = {"churn", "churn", "--churn",
                     "connections a second that leave and come, 0 to 100000", 0,
                     100000, false, DRIVEN, 0},
    [PARAM_WARMUP] = {"warmup", "warmup_s", "--warmup", "seconds, 0.1 to 600",
                      0.1, 600, false, DRIVEN, DRIVEN},
    [PARAM_MEASURE] = {"measure", "measure_s", "--time",
                       "seconds, 0.1 to 86400", 0.1, 86400, false, DRIVEN,
                       DRIVEN},
    [PARAM_HOLD] = {"hold", "hold_s", "--hold", "seconds, 0.1 to 3600", 0.1,
                    3600, false, HOLD, HOLD},
};

const char *mode_name(enum mode mode)
{
    static const char *const names[MODE_COUNT] = {
        [MODE_CLOSED] = "closed", [MODE_OPEN] = "open", [MODE_HOLD] = "hold"};

    return names[mode];
}
