/*
 * hist - a latency histogram with HdrHistogram's geometry.
 *
 * 1 ns to 60 s at 3 significant digits: values below 2,048 are exact, above
 * that each power of two is cut into 1,024 equal steps, so a value is known to
 * one part in 1,024 or better, at a fixed 216 KiB and a few instructions a
 * value. All histograms have the one geometry; they can therefore be added,
 * which percentiles never can.
 *
 * Percentiles follow the reference implementation (HdrHistogram for Java): the
 * highest value equivalent to the one at rank ceil(p/100 * count). A value
 * beyond the range is counted at the top of it and in `overflow`: dropping it,
 * as some tools do, would better exactly the percentiles that matter.
 *
 * One writer; any thread may add or read once the writer has stopped. No
 * errors: memory that is not there ends the program.
 */
#ifndef CHAT_LOAD_HIST_H
#define CHAT_LOAD_HIST_H

#include <stdint.h>
#include <stdio.h>

#define HIST_MAX_NS    60000000000ull /* the highest trackable value */
#define HIST_SUB_BITS  11             /* 2,048 sub-buckets: 3 digits */
#define HIST_HALF      (1u << (HIST_SUB_BITS - 1))
#define HIST_BUCKETS   26 /* the first power of two over the maximum */
#define HIST_POSITIONS ((HIST_BUCKETS + 1) * HIST_HALF)

struct hist {
    uint64_t counts[HIST_POSITIONS]; /* values at each position */
    uint64_t total;                  /* values recorded, overflow included */
    uint64_t overflow;               /* of these, beyond HIST_MAX_NS */
    uint64_t min;                    /* exact; UINT64_MAX while empty */
    uint64_t max;                    /* exact, also when it overflowed */
};

/* A new empty histogram; hist_free() it. Never NULL. */
struct hist *hist_new(void);
void hist_free(struct hist *h);

/* Where a value of at most HIST_MAX_NS is counted. */
static inline unsigned hist_position(uint64_t ns)
{
    unsigned top = 63 - (unsigned)__builtin_clzll(ns | (2 * HIST_HALF - 1));
    unsigned shift = top - (HIST_SUB_BITS - 1);

    return (shift << (HIST_SUB_BITS - 1)) + (unsigned)(ns >> shift);
}

/* Returns the position it is counted at. */
static inline unsigned hist_record(struct hist *h, uint64_t ns)
{
    uint64_t v = ns;
    unsigned position;

    if (__builtin_expect(v > HIST_MAX_NS, 0)) {
        v = HIST_MAX_NS;
        h->overflow++;
    }
    position = hist_position(v);
    h->counts[position]++;
    h->total++;
    if (ns < h->min)
        h->min = ns;
    if (ns > h->max)
        h->max = ns;
    return position;
}

/* Adds all of `from` to `to`. */
void hist_add(struct hist *to, const struct hist *from);

/* The lowest and the highest value counted where `ns` is. */
uint64_t hist_lowest_equivalent(uint64_t ns);
uint64_t hist_highest_equivalent(uint64_t ns);

/* The highest value counted at a position. */
uint64_t hist_position_highest(unsigned position);

/* The value at `percent` (0 to 100), in ns; 0 when empty. */
uint64_t hist_percentile(const struct hist *h, double percent);

/* Over the positions' middles, as the reference does; 0 when empty. */
double hist_mean(const struct hist *h);
double hist_stddev(const struct hist *h);

/*
 * The percentile spectrum as HdrHistogram's .hgrm text, in microseconds, five
 * steps for each halving of what is left to 100 %, as its plotters read it.
 * Returns 0, or -errno of the write that failed.
 */
int hist_print_hgrm(const struct hist *h, FILE *f);

#endif
