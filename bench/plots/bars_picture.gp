# One bars picture on the terminal that is set; see bars.gp.

set multiplot
set label 1 title at screen 0.5,0.95 center font f_title textcolor rgb ink
set label 2 machine at screen 0.5,0.025 center font f_small \
    textcolor rgb faint
set label 3 'bar: median; dot: one trial; hollow dot: a trial that does not count' \
    at screen 0.5,0.062 center font f_small textcolor rgb faint
set label 4 note at screen 0.5,(panels > 1 ? 0.81 : 0.83) center font f_axis \
    textcolor rgb faint

half = 0.30  # half a bar's width
aside = 0.40 # where the dots stand, right of the bar's middle
crowded = servers * panels > 8
set xrange [0.5:servers + 0.6]
packed = servers * panels > 14
f_names = packed ? f_small : crowded ? f_tics_crowded : f_axis
set xtics scale 0 () font f_names
do for [s = 1:servers] { set xtics add (server[s] s) }

first = 0.075 # left edge of the first panel, for its numbers
gap = 0.065   # between panels, for the next one's numbers
width = (0.985 - first - gap * (panels - 1)) / panels
edge = strlen(note) ? 0.70 : 0.76

do for [p = 1:panels] {
    left = first + (p - 1) * (width + gap)
    set lmargin at screen left
    set rmargin at screen left + width
    set bmargin at screen 0.165
    set tmargin at screen edge
    set label 5 panel[p] at screen (panels > 1 ? left + width / 2 : 0.5),0.885 \
        center font f_axis textcolor rgb faint
    set label 6 axis[p] at screen left - first / 2,edge + 0.045 left \
        font f_axis textcolor rgb ink

    set yrange [0:top[p]]
    eval 'set ytics ('.ytic[p].') font f_tics'

    part(kind) = sprintf('%s/plots/%s.%d.%s', dir, name, p, kind)
    f_numbers = packed ? f_small : crowded ? f_tics_crowded : f_text
    plot part('bars') using 1:2:($1 - half):($1 + half):2:3:4 \
            with boxxyerror lc rgb variable, \
        part('trials') using ($1 + aside):2:3 \
            with points pt 7 ps dot lc rgb variable, \
        part('void') using ($1 + aside):2:3 \
            with points pt 6 ps dot * 1.1 lw 3 lc rgb variable, \
        part('numbers') using 1:($4 == 1 ? $2 : NaN):3 \
            with labels center offset 0,0.8 font f_numbers textcolor rgb ink, \
        part('numbers') using 1:($4 == 2 ? $2 : NaN):3 \
            with labels center offset 0,(crowded ? 1.6 : 1.75) font f_numbers textcolor rgb ink
    unset label
}
unset multiplot
