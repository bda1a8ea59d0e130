#include "variants/variant.h"

#include <errno.h>
#include <stdlib.h>

#include "common/acceptor.h"
#include "common/die.h"
#include "common/log.h"

static const char warning[] = "wrong on purpose, see variants/README.md";

void variant_options_parse(struct server_options *o,
                           const struct options_model *model, int argc,
                           char **argv)
{
    struct options_model m = *model;
    char *doc = xasprintf("A lesson, %s: %s", warning, model->doc);

    m.doc = doc;
    options_parse(o, &m, argc, argv);
    free(doc);
}

void variant_say_ready(const char *model, const char *bound)
{
    log_info("%s: chat-%s, %s", program_invocation_short_name, model, warning);
    acceptor_say_ready(program_invocation_short_name, bound);
}
