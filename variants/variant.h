/*
 * variant - what every variant says of itself. variants.mk puts these in the
 * place of the model's calls of options_parse and acceptor_say_ready.
 */
#ifndef VARIANTS_VARIANT_H
#define VARIANTS_VARIANT_H

#include "common/options.h"

/* options_parse, with a warning in the --help text. */
void variant_options_parse(struct server_options *o,
                           const struct options_model *model, int argc,
                           char **argv);

/* acceptor_say_ready, with the variant's name in the model's place, and the
 * warning on stderr. */
void variant_say_ready(const char *model, const char *bound);

#endif
