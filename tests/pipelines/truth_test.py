#!/usr/bin/env python3
"""Trains on a truth set's recordings and scores its masks, through the whole chain.

usage: truth_test.py TRUTH_KIND_FOLDER SCORE.py CHAIN_MASKS
Skips (exit 77) where the truth set is absent: it is not part of the project.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

# at least (removed, f1, accuracy) or at most (overwritten)
LIMITS = {'removed': 0.93, 'f1': 0.65, 'accuracy': 0.94, 'overwritten_3db': 0.12}


def main(kind, score, chain_masks):
    if not (kind / 'val' / 'truth.safetensors').exists():
        print(f'skipped: no truth set at {kind}')
        return 77
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / 'model.safetensors'
        subprocess.run(['sonar-model', 'train', kind / 'train', '--rate', '1024', '--fft-size', '256', '--hop-size', '128',
                        '--width', '128', '--advance', '128', '-o', model], check=True)
        recordings = sorted((kind / 'val' / 'audio').glob('*.flac'))
        subprocess.run([chain_masks, model, pathlib.Path(folder) / 'masks', '', *recordings], check=True)
        figures = json.loads(subprocess.run([sys.executable, score, kind / 'val', pathlib.Path(folder) / 'masks'],
                                            check=True, capture_output=True, text=True).stdout)
    print(json.dumps(figures, indent=1))
    missed = [name for name, limit in LIMITS.items()
              if (figures[name] > limit if name.startswith('overwritten') else figures[name] < limit)]
    for name in missed:
        print(f'{name} is {figures[name]}, needed {LIMITS[name]}')
    return bool(missed)


if __name__ == '__main__':
    sys.exit(main(*map(pathlib.Path, sys.argv[1:])))
