"""A spectrogram of a recording: sonarspectrogram against GStreamer's spectrum and sox, as whole processes."""
import shutil

from parts.common import median, median_ratio

OURS = 'sonarspectrogram fft-size=1024 hop-size=512 '


def measure(bench):
    seconds = 5 if bench.smoke else bench.seconds
    sound = bench.noise(32000, seconds)
    source = f'filesrc location={sound} ! wavparse ! audioconvert ! audioresample ! '
    commands = {
        'levels': bench.launch(source + OURS + 'normalizer=none ! fakesink'),
        'over background (TPSW)': bench.launch(source + OURS + '! fakesink'),
        'spectrum': bench.launch(source + 'spectrum bands=513 interval=16000000 ! fakesink'),
    }
    if shutil.which('sox'):  # 1,024 points for 513 rows, 62.5 columns a second, as ours
        commands['sox'] = ['sox', sound, '-n', 'spectrogram', '-r', '-y', '513', '-X', '62.5', '-o',
                           bench.folder / 'sox.png']
    times = dict(zip(commands, bench.in_turn(*commands.values())))
    rows = []
    for ours in ('levels', 'over background (TPSW)'):
        for other in [name for name in ('spectrum', 'sox') if name in times]:
            rows.append(bench.row(f'sonarspectrogram, {ours}, {seconds} s at 32 kHz', median(times[ours]), 's',
                                  f'{other} {median(times[other]):.2f} s', median_ratio(times[ours], times[other])))
    data = {'seconds': {name: list(t) for name, t in times.items()}}
    plot = {'name': 'spectrogram', 'title': f'Spectrogram of {seconds} s at 32 kHz, whole process', 'kind': 'bars',
            'y': 'seconds', 'bars': [[name, median(t)] for name, t in times.items()]}
    return {'rows': rows + program_rows(bench), 'plots': [plot], 'data': data}


def program_rows(bench):
    """The spectrograph alone, against the FFTs it cannot do without."""
    if bench.smoke:
        return []
    names = {'none': 'levels', 'tpsw': 'over background (TPSW)'}
    return [bench.row(f'the spectrograph alone, {names[name]}', r['seconds'], 's', f'FFTW alone {r["fftw_seconds"]:.3f} s',
                      1 / r['times_fftw']) for name, r in bench.json_of('tests/bench/bench_spectrograph').items()]
