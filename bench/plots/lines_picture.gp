# One lines picture on the terminal that is set; see lines.gp.

set multiplot
dotted = ''
do for [g = 1:guides] {
    dotted = dotted.sprintf('%s%g', g == 1 ? '; dotted: ' : ', ', guide[g])
}
dotted = dotted.(guides ? ' handlers at a time, and no other cost' : '')
set label 1 title at screen 0.5,0.95 center font f_title textcolor rgb ink
set label 2 machine at screen 0.5,0.025 center font f_small \
    textcolor rgb faint
set label 3 'point: median of the trials; bar: their range; hollow: no trial counts'.dotted \
    at screen 0.5,0.062 center font f_small textcolor rgb faint
set label 4 note at screen 0.5,0.09 center font f_small textcolor rgb faint

first = 0.075 # left edge of the first panel, for its numbers
gap = 0.075   # between panels, for the next one's numbers
width = (0.985 - first - gap * (panels - 1)) / panels
edge = 0.66   # of the panels, upwards

if (logx) set logscale x
if (logy) set logscale y
set grid xtics ytics lc rgb '#DDDDDD' lw 1.5 lt 1

# Solid for a model, dashed for its variants; each server has a mark.
mark(s) = int(word('7 5 9 13 11 15', 1 + (s - 1) % 6))
hollow(s) = mark(s) - 1
dash(v) = v == 0 ? 1 : v == 1 ? 2 : 4

# The legend has a band of its own over all panels, three to a row.
rows = (servers + 2) / 3
do for [s = 1:servers] {
    x = 0.075 + 0.29 * ((s - 1) / rows)
    y = 0.888 - 0.045 * ((s - 1) % rows)
    set arrow s from screen x,y to screen x + 0.05,y nohead lw thick \
        dt dash(variant[s]) lc rgb colour[s]
    set label 100 + s '' at screen x + 0.025,y \
        point pt mark(s) ps dot * 1.2 lc rgb colour[s]
    set label 200 + s server[s] at screen x + 0.06,y left font f_axis \
        textcolor rgb ink
}

do for [p = 1:panels] {
    from = first + (p - 1) * (width + gap)
    set lmargin at screen from
    set rmargin at screen from + width
    set bmargin at screen 0.225
    set tmargin at screen edge
    set label 5 panel[p] at screen from + width / 2,0.755 center \
        font f_text_small textcolor rgb faint
    set label 6 ylab[p] at screen from - 0.065,edge + 0.033 left font f_axis \
        textcolor rgb ink
    set label 7 xlab[p] at screen from + width / 2,0.132 center font f_axis \
        textcolor rgb ink
    set xrange [left[p]:right[p]]
    set yrange [bottom[p]:top[p]]
    eval 'set xtics ('.xtic[p].') font f_tics'
    eval 'set ytics ('.ytic[p].') font f_tics'
    if (broken[p] > 0) {
        set label 8 '//' at broken[p],graph 0 center front font f_axis \
            textcolor rgb '#555555'
    }

    # So many handlers at a time, each taking x microseconds, and nothing else.
    do for [g = 1:guides] {
        at = guide[g] * 1e6 / top[p]
        if (at > left[p] && at < right[p]) {
            set label 10 + g sprintf('%g', guide[g]) at first at,top[p] left \
                offset 0.6,-0.9 font f_tics textcolor rgb faint front
        }
    }

    line(s) = sprintf('%s/plots/%s.%d.%d.line', dir, name, p, s)
    empty(s) = sprintf('%s/plots/%s.%d.%d.void', dir, name, p, s)
    set samples 200
    plot for [g = 1:guides] guide[g] * 1e6 / (x > 0 ? x : NaN) \
            with lines lw 2.5 dt 3 lc rgb '#888888' notitle, \
        for [s = 1:servers] line(s) using 1:2:3:4 with yerrorbars \
            pt mark(s) ps 0 lw 2 lc rgb colour[s] notitle, \
        for [s = 1:servers] line(s) using 1:2 with linespoints \
            pt mark(s) ps dot * 1.2 lw thick dt dash(variant[s]) \
            lc rgb colour[s] notitle, \
        for [s = 1:servers] empty(s) using 1:2 with points \
            pt hollow(s) ps dot * 1.4 lw 3 lc rgb colour[s] notitle
    unset arrow
    do for [s = 1:servers] { unset label 100 + s; unset label 200 + s }
}
unset label
unset logscale
unset multiplot
