# Draws `picture` (a script) as SVG and as PNG.
#
# Font sizes are for a lecture hall. SVG's are in pixels and PNG's in points, so
# that the second set is smaller for the same look.

f(size) = sprintf(',%d', size)

set terminal svg size 1600,900 dynamic enhanced background '#FFFFFF' \
    font 'DejaVu Sans,24'
f_title = 'DejaVu Sans Bold,38'
f_text = f(28)
f_axis = f(25)
f_tics = f(23)
f_text_small = f(21)
f_tics_crowded = f(19)
f_small = f(16)
dot = 0.65
thick = 5
set output dir.'/plots/'.name.'.svg'
load picture
unset output

set terminal pngcairo size 1600,900 enhanced background '#FFFFFF' \
    font 'DejaVu Sans,18'
f_title = 'DejaVu Sans Bold,28'
f_text = f(21)
f_axis = f(19)
f_tics = f(17)
f_text_small = f(15)
f_tics_crowded = f(14)
f_small = f(12)
dot = 1.6
thick = 4
set output dir.'/plots/'.name.'.png'
load picture
unset output
