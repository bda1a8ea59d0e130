/*
 * context_watch - names of events, and of handlers that hold their thread.
 *
 * A handler that blocks stalls every channel of its loop, and nothing else in
 * the program shows who it was. Watching costs two looks at the clock a call,
 * so it is off unless asked for.
 */
#include "common/log.h"
#include "models/netty/pipeline_internal.h"

uint64_t context_watch_ns; /* set once */

/* Time that the handlers called by the present one have taken. */
static _Thread_local uint64_t nested_ns;

void channel_handler_watch(uint64_t ns)
{
    context_watch_ns = ns;
}

int context_call_watched(struct channel_handler_context *ctx,
                         const struct pipeline_event *e)
{
    uint64_t outer = nested_ns;
    const char *name = ctx->name;
    bool keep = !ctx->owns_name; /* the call may remove the handler */
    uint64_t before = ticker_now(&ticker_system);

    nested_ns = 0;
    int err = context_call(ctx, e);
    uint64_t total = ticker_now(&ticker_system) - before;
    uint64_t own = total - nested_ns;
    nested_ns = outer + total;
    if (own >= context_watch_ns)
        log_info("handler \"%s\" held the thread for %llu ms in %s",
                 keep ? name : "?", (unsigned long long)(own / TICKER_MS),
                 context_event_name(e->kind));
    return err;
}

const char *context_event_name(uint32_t kind)
{
    switch (kind) {
    case MASK_EXCEPTION_CAUGHT: return "exception_caught";
    case MASK_CHANNEL_REGISTERED: return "channel_registered";
    case MASK_CHANNEL_UNREGISTERED: return "channel_unregistered";
    case MASK_CHANNEL_ACTIVE: return "channel_active";
    case MASK_CHANNEL_INACTIVE: return "channel_inactive";
    case MASK_CHANNEL_READ: return "channel_read";
    case MASK_CHANNEL_READ_COMPLETE: return "channel_read_complete";
    case MASK_USER_EVENT_TRIGGERED: return "user_event_triggered";
    case MASK_CHANNEL_WRITABILITY_CHANGED: return "channel_writability_changed";
    case MASK_BIND: return "bind";
    case MASK_CONNECT: return "connect";
    case MASK_DISCONNECT: return "disconnect";
    case MASK_CLOSE: return "close";
    case MASK_DEREGISTER: return "deregister";
    case MASK_READ: return "read";
    case MASK_WRITE: return "write";
    case MASK_FLUSH: return "flush";
    case MASK_WRITE | MASK_FLUSH: return "write_and_flush";
    default: return "?";
    }
}
