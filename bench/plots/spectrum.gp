# spectrum - latency over percentile: a line for each server, a thin one for
# each of its trials.
#
# Set by DIR/plots/NAME.gp: subtitle, servers, server[], number[], colour[],
# trials[], dash[], furthest. Data: NAME.NUMBER.lines, blocks of "1/(1-quantile) seconds": the sum of
# the server's trials, then each of them.

load home.'/style.gp'
picture = home.'/spectrum_picture.gp'
load home.'/draw.gp'
