"""From the start of gst-launch-1.0 to the first bytes of the first frame."""
import subprocess
import time

from parts.common import Failure, median

SOURCE = 'audiotestsrc wave=pink-noise ! audioconvert ! audioresample ! '
SPECTROGRAM = 'sonarspectrogram model=hydrophone '
NETWORK = SPECTROGRAM + '! specnnclassify model=hydrophone ! scorecammask ! signatureextract '
CASES = {  # pipeline, seconds that are aimed at
    'GStreamer alone': ('audiotestsrc ', None),
    'spectrogram': (SOURCE + SPECTROGRAM, 0.2),
    'spectrogram and picture': (SOURCE + SPECTROGRAM + '! signatureoverlay ', 0.2),
    'spectrogram, class, mask, signature': (SOURCE + NETWORK, 1.5),
    'the same and picture': (SOURCE + NETWORK + '! signatureoverlay ', 1.5),
}


def first_byte(bench, pipeline):
    begin = time.monotonic()
    process = subprocess.Popen(bench.launch(pipeline + '! fdsink fd=1'), env=bench.env, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        came = process.stdout.read(1)
        took = time.monotonic() - begin
        process.kill()
    if not came:
        raise Failure(f'no frame came from: {pipeline}')
    return took


def measure(bench):
    times = dict(zip(CASES, bench.turns([lambda p=p: first_byte(bench, p) for p, _ in CASES.values()])))
    inspect = bench.in_turn(['gst-inspect-1.0', 'sonarspectrogram'], ['gst-inspect-1.0', 'audiotestsrc'])
    rows = []
    for name, (_, target) in CASES.items():
        took = median(times[name])
        rows.append(bench.row(f'first frame: {name}', took, 's', target=f'{target} s' if target else None,
                              met=took <= target if target else None))
    rows.append(bench.row('gst-inspect-1.0 sonarspectrogram', median(inspect[0]), 's',
                          f'audiotestsrc {median(inspect[1]):.2f} s', median([b / a for a, b in zip(*inspect)])))
    plot = {'name': 'start', 'title': 'From gst-launch-1.0 to the first frame', 'kind': 'bars', 'y': 'seconds',
            'bars': [[name, median(t)] for name, t in times.items()]}
    return {'rows': rows, 'plots': [plot], 'data': {name: list(t) for name, t in times.items()}}
