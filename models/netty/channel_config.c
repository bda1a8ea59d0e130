/*
 * channel_config - a channel's options.
 */
#include <errno.h>
#include <limits.h>

#include "models/netty/channel_internal.h"

static int stop_read_task(void *arg)
{
    struct channel *ch = arg;

    if (!channel_is_auto_read(ch))
        ch->ops->do_stop_read(ch);
    return 0;
}

void channel_set_auto_read(struct channel *ch, bool on)
{
    bool old = atomic_exchange_explicit(&ch->config.auto_read, on,
                                        memory_order_acq_rel);

    if (on == old || !channel_is_registered(ch))
        return;
    if (on)
        channel_read(ch);
    else if (channel_in_event_loop(ch))
        stop_read_task(ch);
    else
        (void)channel_execute(ch, stop_read_task, ch);
}

/* The low mark may not be above the high one. */
static int set_water_mark(struct channel_config *c, enum channel_option option,
                          long value)
{
    bool is_high = option == CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK;
    long other = (long)atomic_load_explicit(is_high ? &c->low_water_mark
                                                    : &c->high_water_mark,
                                            memory_order_relaxed);

    if (value < 0 || value > INT_MAX ||
        (is_high ? value < other : value > other))
        return -EINVAL;
    atomic_store_explicit(is_high ? &c->high_water_mark : &c->low_water_mark,
                          (uint32_t)value, memory_order_relaxed);
    return 0;
}

static bool is_boolean(enum channel_option option)
{
    return option == CHANNEL_OPTION_AUTO_READ ||
           option == CHANNEL_OPTION_AUTO_CLOSE ||
           option == CHANNEL_OPTION_ALLOW_HALF_CLOSURE;
}

/* Whether the value is in the option's range. */
static bool is_valid(enum channel_option option, long value)
{
    if (is_boolean(option))
        return value == 0 || value == 1;
    switch (option) {
    case CHANNEL_OPTION_CONNECT_TIMEOUT_MILLIS:
        return value >= 0 && value <= INT_MAX;
    case CHANNEL_OPTION_MAX_MESSAGES_PER_READ:
    case CHANNEL_OPTION_WRITE_SPIN_COUNT:
        return value >= 1 && value <= UINT16_MAX;
    case CHANNEL_OPTION_RCVBUF_MAX: return value >= 64 && value <= 1024 * 1024;
    default: return true;
    }
}

int channel_set_option(struct channel *ch, enum channel_option option,
                       long value)
{
    struct channel_config *c = &ch->config;

    if (!is_valid(option, value))
        return -EINVAL;
    switch (option) {
    case CHANNEL_OPTION_AUTO_READ: channel_set_auto_read(ch, value); break;
    case CHANNEL_OPTION_AUTO_CLOSE: c->auto_close = value; break;
    case CHANNEL_OPTION_CONNECT_TIMEOUT_MILLIS:
        c->connect_timeout_ms = (uint32_t)value;
        break;
    case CHANNEL_OPTION_MAX_MESSAGES_PER_READ:
        c->max_messages_per_read = (uint16_t)value;
        break;
    case CHANNEL_OPTION_WRITE_SPIN_COUNT:
        c->write_spin_count = (uint16_t)value;
        break;
    case CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK:
    case CHANNEL_OPTION_WRITE_BUFFER_LOW_WATER_MARK:
        return set_water_mark(c, option, value);
    case CHANNEL_OPTION_ALLOW_HALF_CLOSURE:
        c->allow_half_closure = value;
        break;
    case CHANNEL_OPTION_RCVBUF_MAX: c->rcvbuf_max = (uint32_t)value; break;
    default: return ch->ops->set_option(ch, option, value);
    }
    return 0;
}

int channel_get_option(struct channel *ch, enum channel_option option,
                       long *value)
{
    const struct channel_config *c = &ch->config;

    switch (option) {
    case CHANNEL_OPTION_AUTO_READ: *value = channel_is_auto_read(ch); break;
    case CHANNEL_OPTION_AUTO_CLOSE: *value = c->auto_close; break;
    case CHANNEL_OPTION_CONNECT_TIMEOUT_MILLIS:
        *value = c->connect_timeout_ms;
        break;
    case CHANNEL_OPTION_MAX_MESSAGES_PER_READ:
        *value = c->max_messages_per_read;
        break;
    case CHANNEL_OPTION_WRITE_SPIN_COUNT: *value = c->write_spin_count; break;
    case CHANNEL_OPTION_WRITE_BUFFER_HIGH_WATER_MARK:
        *value = c->high_water_mark;
        break;
    case CHANNEL_OPTION_WRITE_BUFFER_LOW_WATER_MARK:
        *value = c->low_water_mark;
        break;
    case CHANNEL_OPTION_ALLOW_HALF_CLOSURE:
        *value = c->allow_half_closure;
        break;
    case CHANNEL_OPTION_RCVBUF_MAX: *value = c->rcvbuf_max; break;
    default: return ch->ops->get_option(ch, option, value);
    }
    return 0;
}
