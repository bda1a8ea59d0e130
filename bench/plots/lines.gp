# lines - a metric over a sweep: a line for each server, a panel for each sweep.
#
# Set by DIR/plots/NAME.gp: note, servers, server[], colour[], variant[],
# panels, panel[], xlab[], ylab[], xtic[], ytic[], left[], right[], bottom[],
# top[], broken[], logx, logy, guides, guide[].
# Data, for each panel P and server S, "x median least most" a line:
#   NAME.P.S.line (points where trials count), NAME.P.S.void (where none does)

load home.'/style.gp'
picture = home.'/lines_picture.gp'
load home.'/draw.gp'
