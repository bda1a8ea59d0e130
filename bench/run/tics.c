#include "bench/run/tics.h"

#include <math.h>
#include <stdio.h>

/* As many steps as a linear axis has room for. */
#define STEPS 9.0

static double nice_step(double at_least)
{
    double unit = pow(10, floor(log10(at_least)));
    double n = at_least / unit;

    return unit * (n <= 1 ? 1 : n <= 2 ? 2 : n <= 5 ? 5 : 10);
}

size_t tics_linear(double max, struct tic *tics)
{
    double step = nice_step(max / STEPS);
    double unit = max >= 1e6 ? 1e6 : max >= 1e4 ? 1e3 : 1;
    const char *sign = max >= 1e6 ? " M" : max >= 1e4 ? " k" : "";
    /* As many decimals as it takes to tell one step from the next. */
    int decimals = (int)fmax(0, -floor(log10(step / unit) + 1e-9));
    size_t n = 0;

    for (; n < TICS_MAX && (double)n * step <= max * (1 + 1e-9); n++) {
        tics[n].at = (double)n * step;
        snprintf(tics[n].label, sizeof(tics[n].label), "%.*f%s",
                 n ? decimals : 0, tics[n].at / unit, n ? sign : "");
    }
    return n;
}

void tics_label(double value, char *text, size_t size)
{
    double big = fabs(value);

    if (big >= 1e6)
        snprintf(text, size, "%.6g M", value / 1e6);
    else if (big >= 1e4)
        snprintf(text, size, "%.6g k", value / 1e3);
    else
        snprintf(text, size, "%.6g", value);
}

void tics_label_time(double us, char *text, size_t size)
{
    if (us >= 999999.5)
        snprintf(text, size, "%.6g s", us / 1e6);
    else if (us >= 999.9995)
        snprintf(text, size, "%.6g ms", us / 1e3);
    else
        snprintf(text, size, "%.6g µs", us);
}

size_t tics_log(double min, double max, struct tic *tics)
{
    static const int all[] = {1, 2, 5};
    size_t each = max / min <= 100 ? 3 : 1, n = 0;

    for (int power = (int)floor(log10(min)); n < TICS_MAX; power++) {
        double decade = pow(10, power);
        if (decade > max * (1 + 1e-9))
            return n;
        for (size_t i = 0; i < each && n < TICS_MAX; i++) {
            double v = decade * all[i];
            if (v < min * (1 - 1e-9) || v > max * (1 + 1e-9))
                continue;
            tics[n].at = v;
            tics_label(v, tics[n].label, sizeof(tics[n].label));
            n++;
        }
    }
    return n;
}
