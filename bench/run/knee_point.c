/*
 * A trial of a point of mode knee: the highest rate this server carries, by a
 * bounded search. Each try is a fresh server and a short open loop; the best
 * that passed is the trial, so that all its figures are those at the knee.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/run/knee.h"
#include "bench/run/run_impl.h"
#include "common/die.h"

/* The search under way. */
struct search {
    struct run *run;
    const struct step *step; /* of the plan */
    struct knee knee;        /* which rate is next */
    struct evidence best;    /* of the highest rate that passed */
    struct outcome outcome;  /* likewise; or of a try that failed */
    char *spectrum;          /* where a try leaves its spectrum */
    char *kept;              /* where the best one's is kept */
};

/* One try in `mode`. As run_step(); the evidence is the caller's. */
static int try_once(struct search *s, struct point *point, enum mode mode,
                    double rate, struct evidence *ev, struct outcome *o)
{
    struct step step = *s->step;

    *point = *s->step->point;
    point->mode = mode;
    if (mode == MODE_CLOSED)
        point->param[PARAM_WINDOW] = KNEE_GUESS_WINDOW;
    step.point = point;
    int err = trial_run(&s->run->session, &step, rate, ev);
    if (!err)
        outcome_judge(o, ev);
    return err;
}

/* Where to begin: most of what the server does in a closed loop. */
static int guess(struct search *s)
{
    struct evidence ev;
    struct point point;
    int err = try_once(s, &point, MODE_CLOSED, NAN, &ev, &s->outcome);
    double rate = err ? NAN : outcome_value(&s->outcome, "messages_per_s");

    evidence_clear(&ev);
    if (!err && !s->outcome.failed && !(rate > 0)) {
        s->outcome.failed = true;
        snprintf(s->outcome.failure, sizeof(s->outcome.failure),
                 "no message came back in the closed loop");
    }
    if (!err && !s->outcome.failed)
        s->knee = knee_start(knee_rounded(rate * KNEE_GUESS_SHARE));
    return err;
}

/* There is none where nothing was timed; another error costs the picture. */
static void move_spectrum(const char *from, const char *to)
{
    if (rename(from, to) != 0 && errno != ENOENT)
        fprintf(stderr, "%s: cannot rename %s: %s\n", die_program(), from,
                strerror(errno));
}

static int search_on(struct search *s)
{
    double rate = knee_rounded(knee_next(&s->knee));
    struct evidence ev;
    struct outcome o;
    struct point point;
    int err = try_once(s, &point, MODE_OPEN, rate, &ev, &o);

    if (err) {
        evidence_clear(&ev);
        return err;
    }
    bool passed = run_carried(s->run, &o);
    knee_report(&s->knee, rate, passed);
    if (passed && rate == s->knee.passed) {
        evidence_clear(&s->best);
        s->best = ev;
        s->outcome = o;
        move_spectrum(s->spectrum, s->kept);
    } else {
        evidence_clear(&ev);
    }
    return 0;
}

static void conclude(struct search *s)
{
    struct outcome *o = &s->outcome;
    double members = s->step->point->param[PARAM_ROOM_SIZE];

    if (s->knee.passed > 0) {
        outcome_set(o, "knee_per_s", s->knee.passed);
        outcome_set(o, "knee_deliveries_per_s", s->knee.passed * (members - 1));
        move_spectrum(s->kept, s->spectrum);
        return;
    }
    memset(o, 0, sizeof(*o));
    o->failed = true;
    snprintf(o->failure, sizeof(o->failure),
             "no knee: even at %.0f messages/s something was lost or p99 was "
             "above %g ms",
             s->knee.failed, s->run->e->knee_p99_ms);
}

int run_knee_trial(struct run *r, const struct step *step, double *rate,
                   struct evidence *ev, struct outcome *o)
{
    struct search s = {.run = r, .step = step};

    s.spectrum = trial_path(r->session.dir, "hgrm", step->point->id,
                            step->arm->name, step->block, "hgrm");
    s.kept = xasprintf("%s.best", s.spectrum);
    int err = guess(&s);
    while (!err && !s.outcome.failed && !knee_is_found(&s.knee))
        err = search_on(&s);
    if (!err && !s.outcome.failed)
        conclude(&s);
    if (err)
        unlink(s.kept);
    *rate = s.knee.passed > 0 ? s.knee.passed : NAN;
    *o = s.outcome;
    *ev = s.best;
    ev->point = step->point;
    ev->rate = *rate;
    free(s.spectrum);
    free(s.kept);
    return err;
}
