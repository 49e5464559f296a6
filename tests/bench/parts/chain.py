"""Recording to table and to video, as whole processes, against real time."""
from parts.common import median

CHAIN = ('sonarspectrogram model=hydrophone ! specnnclassify model=hydrophone min-confidence=0 ! queue ! scorecammask ! '
         'signatureextract ! ')
VIDEO = ('signatureoverlay history=30 ! queue ! videoconvert ! video/x-raw,format=I420 ! x264enc speed-preset=ultrafast '
         'trellis=false ! h264parse ! mp4mux ! filesink location={}')


def measure(bench):
    seconds = 5 if bench.smoke else bench.seconds
    source = f'filesrc location={bench.noise(16000, seconds)} ! wavparse ! audioconvert ! audioresample ! '
    video = VIDEO.format(bench.folder / 'v.mp4')
    cases = {
        'to table': CHAIN + f'signaturetable ! filesink buffer-mode=unbuffered location={bench.folder}/t.csv',
        'to 720p video, 4 frames a second': CHAIN + video,
        'to 720p video, 10 frames a second': CHAIN.replace(' !', ' advance=3 !', 1) + video,
    }
    times = dict(zip(cases, bench.in_turn(*(bench.launch(source + c) for c in cases.values()))))
    rows = [bench.row(f'recording {name}, {seconds} s', median(t), 's', 'real time', seconds / median(t))
            for name, t in times.items()]
    data = {'seconds': {name: list(t) for name, t in times.items()}}
    if not bench.smoke:
        data['overlay'] = bench.json_of('tests/bench/bench_render')
        rows += [bench.row(f'a frame of the overlay, {size}', r['painter_ms'], 'ms', 'a painter for each frame',
                           r['new_painter_ms'] / r['painter_ms']) for size, r in data['overlay'].items()]
    return {'rows': rows, 'data': data}
