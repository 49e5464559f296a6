"""The plots of the parts, by gnuplot."""
import shutil
import subprocess

from parts.common import Failure

COLOURS = ['#3b6ea5', '#b0b0b0', '#c0504d']


def quoted(text):
    return "'" + str(text).replace("'", "''") + "'"


def block(name, lines):
    return [f'${name} << EOD', *lines, 'EOD']


def bars(plot):
    data = [f'{i} "{label}" {value:.6g}' for i, (label, value) in enumerate(plot['bars'])]
    return block('d', data) + [
        'set style fill solid', 'set boxwidth 0.7', 'set yrange [0:*]', f'set xrange [-0.6:{len(data) - 0.4}]',
        f'set ylabel {quoted(plot["y"])}', 'set xtics rotate by -20', 'set rmargin 12',
        f"plot $d using 1:3:xtic(2) with boxes linecolor '{COLOURS[0]}' notitle, "
        f"$d using 1:3:(sprintf('%.3g', $3)) with labels offset 0,0.6 notitle"]


def lines(plot):
    script, parts = [], []
    for i, (title, axis, points) in enumerate(plot['lines']):
        script += block(f'd{i}', [f'{x:.6g} {y:.6g}' for x, y in points])
        parts.append(f"$d{i} using 1:2 axes x1y{axis} with linespoints linewidth 2 pointtype 7 "
                     f"linecolor '{COLOURS[i]}' title {quoted(title)}")
    script += [f'set xlabel {quoted(plot["x"])}', f'set ylabel {quoted(plot["y"])}', 'set key left top', 'set grid']
    if plot.get('log'):
        script.append('set logscale xy')
    else:
        script.append('set yrange [0:*]')
    if plot.get('y2'):
        script += [f'set y2label {quoted(plot["y2"])}', 'set ytics nomirror', 'set y2tics', 'set y2range [0:*]']
    return script + ['plot ' + ', '.join(parts)]


def draw(plot, folder):
    if not shutil.which('gnuplot'):
        raise Failure('gnuplot draws the plots and is not installed; install gnuplot-nox')
    path = folder / f'{plot["name"]}.png'
    script = ['set terminal pngcairo size 900,520 font "DejaVu Sans,11"', f'set output {quoted(path)}',
              f'set title {quoted(plot["title"])} noenhanced', *(bars if plot['kind'] == 'bars' else lines)(plot)]
    done = subprocess.run(['gnuplot'], input='\n'.join(script) + '\n', capture_output=True, text=True)
    if done.returncode or done.stderr:
        raise Failure(f'gnuplot could not draw {path}: {done.stderr}')
    return path
