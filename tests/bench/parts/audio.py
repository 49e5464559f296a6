"""SI-SDR of signatures that signatureaudio makes sound again, against other ways to clean a recording.

Scenes of `sonar-model synth` are mixed anew, so that the target's waveform lies 5 dB below all else over the whole band; each goes
through the elements once, with a branch for each mask. What counts is the rise of the scale-invariant signal-to-distortion
ratio (Le Roux et al. 2019) of the waveform against the target alone, from the first sample to the last, nothing whitened.
"""
import json
import math
import statistics
import struct
import wave

from parts.common import Failure, Skip

INPUT_DB = -5
TARGET_DB = 8
GATES = ('soft', 'binary')
RECIPES = ('lines', 'subband', 'evidence', 'tpsw', 'median', 'wiener', 'gate-stationary', 'gate-nonstationary')
ABOUT = {'lines': 'signatureaudio, recipe lines', 'subband': 'signatureaudio, recipe subband',
         'evidence': 'signatureaudio, class-blind evidence', 'tpsw': '5 dB over the background', 'median': 'median filter',
         'wiener': 'Wiener filter', 'gate-stationary': 'spectral gating, stationary',
         'gate-nonstationary': 'spectral gating, not stationary'}
OURS = ('lines', 'subband')
# a suppressor for speech, told that the sound is faster, so that it hears the lines where speech is
WEBRTC_RATE = 8000
WEBRTC = ('rawaudioparse format=pcm pcm-format=f32le sample-rate={rate} num-channels=1 ! audioconvert ! '
          'webrtcdsp echo-cancel=false gain-control=false limiter=false high-pass-filter=false '
          'noise-suppression-level=very-high ! audioconvert ! audio/x-raw,format=F32LE ! filesink location={out}')


def read_tensor(folder, name):
    data = (folder / 'truth.safetensors').read_bytes()
    size, = struct.unpack('<Q', data[:8])
    begin, end = json.loads(data[8:8 + size])[name]['data_offsets']
    return data[8 + size + begin:8 + size + end]


def read_pcm(np, path):
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), '<i2') / 32768, file.getframerate()


def write_pcm(np, path, samples, rate):
    with wave.open(str(path), 'wb') as out:
        out.setparams((1, 2, rate, 0, 'NONE', ''))
        out.writeframes(np.round(samples * 32767).astype('<i2').tobytes())


def si_sdr_db(estimate, target):
    own = (estimate @ target) / (target @ target) * target
    rest = estimate - own
    return 10 * math.log10((own @ own) / max(rest @ rest, 1e-30)) if own @ own > 0 else -math.inf


def mix(np, folder, name):
    """The scene with its target at INPUT_DB, and the target as it is in it; peak below 1."""
    samples, rate = read_pcm(np, folder / f'audio/{name}.wav')
    target = np.frombuffer(read_tensor(folder, f'{name}.target_wave'), '<i2') / 32768
    rest = samples - target
    target = target * math.sqrt((rest @ rest) / (target @ target) * 10 ** (INPUT_DB / 10))
    scale = 0.9 / abs(target + rest).max()
    return (target + rest) * scale, target * scale, rate


def chain(recording, folder, recipes):
    """One pass through the elements, raw floats of each recipe and gate in `folder`."""
    pipeline = [f'filesrc location={recording} ! wavparse ! audioconvert ! sonarspectrogram model=synthetic ! '
                'specnnclassify model=synthetic min-confidence=0 ! tee name=all']
    for recipe in recipes:
        pipeline.append(f'all. ! queue ! scorecammask recipe={recipe} ! signatureextract ! tee name={recipe}')
        pipeline += [f'{recipe}. ! queue ! signatureaudio gate={gate} ! filesink location={folder}/{recipe}-{gate}.f32'
                     for gate in GATES]
    return ' '.join(pipeline)


def best_lag(np, estimate, target):
    """The estimate moved to where it fits best: a suppressor that says nothing of its delay."""
    size = len(target)
    padded = np.concatenate([estimate, np.zeros(max(0, 2 * size - len(estimate)))])
    return max((padded[lag:lag + size] for lag in range(0, size // 8)), key=lambda moved: abs(moved @ target))


def suppress(np, bench, samples, target):
    out, raw = bench.folder / 'webrtc.f32', bench.folder / 'webrtc-in.f32'
    padded = np.concatenate([samples, np.zeros(len(samples) // 4)]).astype('<f4')
    raw.write_bytes(padded.tobytes())
    try:
        bench.call(bench.launch(f'filesrc location={raw} ! ' + WEBRTC.format(rate=WEBRTC_RATE, out=out)))
    except Failure:
        return None  # gst-plugins-bad without it
    return best_lag(np, np.fromfile(out, '<f4').astype(float), target)


def rises(np, bench, folder, name, recipes):
    """method -> gate -> rise in dB of one scene."""
    samples, target, rate = mix(np, folder, name)
    recording = bench.folder / 'mixture.wav'
    write_pcm(np, recording, samples, rate)
    samples, _ = read_pcm(np, recording)
    bench.call(bench.launch(chain(recording, bench.folder, recipes)))
    before = si_sdr_db(samples, target)
    out = {'input': {'': before}}
    for recipe in recipes:
        out[recipe] = {}
        for gate in GATES:
            sound = np.fromfile(bench.folder / f'{recipe}-{gate}.f32', '<f4').astype(float)
            if len(sound) != len(target):
                raise Failure(f'{recipe}, {gate}: {len(sound)} samples of sound from {len(target)}')
            out[recipe][gate] = si_sdr_db(sound, target) - before
    suppressed = suppress(np, bench, samples, target)
    if suppressed is not None:
        out['webrtc'] = {'': si_sdr_db(suppressed, target) - before}
    return out


def measure(bench):
    try:
        import numpy as np
    except ImportError:
        raise Skip('numpy is not there (python3-numpy)')
    if not (bench.build / 'gst/specnn').is_dir():
        raise Skip('a build with LibTorch is needed')
    scenes = bench.folder / 'mixed-scenes'
    few = ['--classes', 'tanker'] if bench.smoke else ['--per-class', str(bench.scenes)]
    bench.call([bench.program('models/sonar-model'), 'synth', scenes, '--seed', bench.seed, *few])
    recipes = ('lines', 'wiener') if bench.smoke else RECIPES
    names = sorted(path.stem for path in (scenes / 'audio').glob('*.wav'))
    found = {name: rises(np, bench, scenes, name, recipes) for name in names}
    rows = []
    for method in next(iter(found.values())):
        if method == 'input':
            continue
        for gate in found[names[0]][method]:
            values = [found[name][method][gate] for name in names if method in found[name]]
            mean = statistics.mean(values)
            what = ABOUT.get(method, 'noise suppression of WebRTC, on faster sound') + (f', {gate}' if gate else '')
            counts = f'median {statistics.median(values):.1f}, least {min(values):.1f}'
            target = method in OURS and gate == 'soft' and not bench.smoke
            rows.append(bench.row(what, mean, 'dB', counts, None, f'>= {TARGET_DB} dB' if target else None,
                                  mean >= TARGET_DB if target else None))
    return {'rows': rows, 'data': {'seed': bench.seed, 'input_db': INPUT_DB, 'rise_db': found}}
