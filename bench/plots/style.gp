# What all pictures share. The caller has set: home, dir, name, title, machine.
# Every picture is drawn twice, as SVG and as PNG, by draw.gp.

set encoding utf8
set border 3 lc rgb '#555555' lw 1.5
set tics nomirror out scale 0.6 textcolor rgb '#222222'
set grid ytics lc rgb '#DDDDDD' lw 1.5 lt 1
set style fill solid 1.0 noborder
unset key

ink = '#222222'
faint = '#666666'
