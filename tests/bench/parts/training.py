"""Training of a small model on scenes, as a whole process."""
from parts.common import median


def measure(bench):
    model = bench.program('models/sonar-model')
    scenes, epochs = bench.folder / 'scenes', 1 if bench.smoke else 3
    bench.call([model, 'synth', scenes, '--classes', 'tanker,ferry', '--per-class', '2' if bench.smoke else '12', '--no-truth'])
    command = [model, 'train', scenes, '-o', bench.folder / 'trained.safetensors', '--seed', '1', '--epochs']
    runs = bench.in_turn([*command, epochs], [*command, 2 * epochs])
    return {'rows': [bench.row('training, two narrow classes: an epoch',
                               median((b - a) / epochs for a, b in zip(*runs)), 's'),
                     bench.row(f'the same: {epochs} epochs and all else', median(runs[0]), 's')],
            'data': {'epochs': epochs, 'seconds': [list(r) for r in runs]}}
