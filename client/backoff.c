#include "client/backoff.h"

double backoff_next(struct backoff *b, double chance)
{
    b->step = b->step > 0 ? b->step * 2 : BACKOFF_FIRST_S;
    if (b->step > BACKOFF_MAX_S)
        b->step = BACKOFF_MAX_S;
    return b->step / 2 + chance * b->step / 2;
}

void backoff_reset(struct backoff *b)
{
    b->step = 0;
}
