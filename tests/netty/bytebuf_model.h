/*
 * bytebuf_model - a plain array that behaves as a ByteBuf should, and the
 * operations of the random sequences. Each does the same to both.
 */
#ifndef TEST_BYTEBUF_MODEL_H
#define TEST_BYTEBUF_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "models/netty/bytebuf.h"

enum {
    MODEL_MAX = 3000, /* max_capacity of the buffers under test */
};

struct model {
    unsigned char bytes[MODEL_MAX]; /* those at and behind cap are 0 */
    size_t r, w, cap;               /* indexes */
    size_t mark_r, mark_w;          /* marks */
    uint64_t seed, state;           /* of the sequence; random numbers */
    const char *op;                 /* the last operation */
};

/* A random number below `below`; the next of the sequence. */
size_t model_draw(struct model *m, size_t below);

/* The buffer may have grown, by whatever rule: new bytes are cleared. */
void model_follow_growth(struct model *m, struct bytebuf *buf);

/* The n low bytes of v, big-endian or little-endian. */
void model_put_int(unsigned char *p, size_t n, bool little, uint64_t v);

typedef void model_op_fn(struct model *m, struct bytebuf *buf);

/* bytebuf_model.c: */
model_op_fn op_write_bytes, op_read_bytes, op_set_get_int, op_write_read_int,
    op_skip, op_set_indexes, op_clear, op_mark, op_reset, op_discard,
    op_discard_some, op_set_capacity, op_search;

/* bytebuf_model_views.c; what is for composites does something else to others.
 */
model_op_fn op_slice, op_duplicate, op_copy, op_iovecs, op_add_component,
    op_remove_component;

#endif
