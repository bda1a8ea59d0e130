/*
 * work - the handler's simulated cost (--work KIND:USEC[@PERCENT]).
 *
 * Run once for each PRIVMSG, outside every lock, by whichever thread the model
 * lets run handlers: that is what the models differ in. A percentage holds for
 * each thread by itself, exactly; threads count from different places, so that
 * they are not all hit in the same moment.
 */
#ifndef CHAT_WORK_H
#define CHAT_WORK_H

enum work_kind { WORK_NONE, WORK_SPIN, WORK_SLEEP };

struct work {
    enum work_kind kind; /* spin: burns the thread's CPU; sleep: blocks */
    long long usec;      /* for how long */
    double percent; /* of the messages: 100 is each, 1 is every hundredth */
};

/* Reads "spin:100" or "sleep:5000@1". 0, or -EINVAL and *work untouched. */
int work_parse(struct work *work, const char *text);

/* Does the work of one message. May block for work->usec; a sleep ends early
 * when a stop signal comes. Any thread, no lock held. */
void work_run(const struct work *work);

#endif
