# bars - a bar for each server, its median as a number, its trials as dots.
#
# Set by DIR/plots/NAME.gp: note, servers, server[], panels, panel[], axis[],
# top[], ytic[].
# Data, for each panel P:  NAME.P.bars     x from to colour
#                          NAME.P.numbers  x y text lines
#                          NAME.P.trials   x value colour   (trials that count)
#                          NAME.P.void     x value colour   (that do not)

load home.'/style.gp'
picture = home.'/bars_picture.gp'
load home.'/draw.gp'
