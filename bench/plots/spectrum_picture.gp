# One spectrum on the terminal that is set; see spectrum.gp.

set label 1 title at screen 0.5,0.95 center font f_title textcolor rgb ink
set label 2 machine at screen 0.5,0.025 center font f_small \
    textcolor rgb faint
set label 3 'thick: all trials together; thin: one trial; both axes logarithmic' \
    at screen 0.5,0.062 center font f_small textcolor rgb faint
set label 4 subtitle at screen 0.5,0.885 center font f_axis \
    textcolor rgb faint
set label 5 'latency from the intended send (less is better)' \
    at screen 0.035,0.815 left font f_axis textcolor rgb ink
set label 6 'of the deliveries were at most this late' \
    at screen 0.5,0.115 center font f_axis textcolor rgb ink

set lmargin at screen 0.09
set rmargin at screen 0.965
set bmargin at screen 0.205
set tmargin at screen 0.77

lines(s) = sprintf('%s/plots/%s.%d.lines', dir, name, number[s])

set logscale xy
set xrange [1:furthest]
set xtics scale 0.6 ('50 %%' 2, '90 %%' 10, '99 %%' 100, '99.9 %%' 1000, \
    '99.99 %%' 10000, '99.999 %%' 100000, '99.9999 %%' 1000000) font f_tics
set ytics scale 0.6 ('1 µs' 1e-6, '10 µs' 1e-5, '100 µs' 1e-4, '1 ms' 1e-3, \
    '10 ms' 1e-2, '100 ms' 1e-1, '1 s' 1, '10 s' 10, '100 s' 100) font f_tics
set grid xtics ytics lc rgb '#DDDDDD' lw 1.5 lt 1
set key bottom right Left reverse samplen 4 spacing 1.2 font f_text \
    textcolor rgb ink opaque

plot for [s = 1:servers] for [t = 1:trials[s]] \
        lines(s) index t using 1:2 with lines lw 1 lc rgb colour[s] notitle, \
    for [s = 1:servers] lines(s) index 0 using 1:2 with lines lw 6 \
        dt dash[s] lc rgb colour[s] title server[s]
unset label
unset key
