"""Many live pipelines in one process, and what is left out when they ask for too much."""


def measure(bench):
    size = ['--streams', '2', '--seconds', '1', '--cost-frames', '4'] if bench.smoke else ['--streams', '16', '--seconds', '20']
    live = bench.json_of('tests/bench/bench_streams', *size)
    twice = bench.json_of('tests/bench/bench_streams', *size, '--recipe', 'released', '--load', '2')
    n, memory, late = live['streams'], live['memory'], live['late_seconds']
    ratio, over, frame = twice['skip_ratio'], twice['late_seconds'], twice['frame_seconds']
    rows = [
        bench.row(f'{n} live hydrophone streams: processors', 100 * live['cpu_share'], '%'),
        bench.row(f'{n} streams: memory of the first', memory['first_rss_kb'] / 1024, 'MB'),
        bench.row(f'{n} streams: memory of each more', memory['added_rss_kb'] / 1024, 'MB'),
        bench.row(f'{n} streams: threads', live['threads'], ''),
        bench.row(f'{n} streams: late at most', 1e3 * late['max'], 'ms', f'99 %: {1e3 * late["p99"]:.0f} ms'),
        bench.row(f'{n} streams: columns lost', live['columns_lost'], '', target='0', met=live['columns_lost'] == 0),
        bench.row(f'load 2, {twice["streams"]} streams: late at most', 1e3 * over['max'], 'ms',
                  f'99 %: {1e3 * over["p99"]:.0f} ms; a frame {1e3 * frame:.0f} ms'),
        bench.row('load 2: masks skipped, least', 100 * ratio['min'], '%'),
        bench.row('load 2: masks skipped, most', 100 * ratio['max'], '%'),
        bench.row('load 2: columns lost', twice['columns_lost'], '', target='0', met=twice['columns_lost'] == 0),
    ]
    started = memory['started']
    plots = [
        {'name': 'streams-memory', 'title': 'Memory of live streams in one process', 'kind': 'lines', 'x': 'streams',
         'y': 'MB resident', 'lines': [['MB', 1, [[i + 1, s['rss_kb'] / 1024] for i, s in enumerate(started)]]]},
        {'name': 'streams-overload', 'title': f'Masks skipped at twice the load, {twice["streams"]} streams', 'kind': 'bars',
         'y': '% of frames', 'bars': [[str(i + 1), 100 * p['masks_skipped'] / max(1, p['frames'])]
                                      for i, p in enumerate(twice['pipelines'])]},
    ]
    return {'rows': rows, 'plots': plots, 'data': {'live': live, 'twice_the_load': twice}}
