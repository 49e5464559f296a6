"""Score-CAM on one picture, by bench_scorecam: against the usual ways to write it, the matrix products that it cannot do
without, and what its sizes predict."""


def measure(bench):
    result = bench.json_of('tests/bench/bench_scorecam', *(['--smoke'] if bench.smoke else []))
    rows, plots = [], []
    for c in result['scorecam']:
        what = f'{c["what"]}, {c["threads"]} threads'
        rows.append(bench.row(what, 1e3 * c['seconds'], 'ms', f'plain, by 32: {1e3 * c["torch_cam_seconds"]:.0f} ms',
                              c['times_faster_than_torch_cam']))
        rows.append(bench.row(what, 1e3 * c['seconds'], 'ms', f'plain, by 16: {1e3 * c["grad_cam_seconds"]:.0f} ms',
                              c['times_faster_than_grad_cam']))
        rows.append(bench.row(f'{c["what"]}: of the rate of gemm', 100 * c['share_of_gemm'], '%'))
    for axis in ('channels', 'columns', 'threads'):
        steps = [g for g in result['growth'] if g['axis'] == axis]
        rows += [bench.row(f'{g["channels"]} maps, {g["columns"]} columns, {g["threads"]} threads', 1e3 * g['seconds'], 'ms',
                           'predicted from the first', g['predicted_seconds'] / g['seconds']) for g in steps]
        plots.append({'name': f'scorecam-{axis}', 'title': f'Score-CAM against {axis}', 'kind': 'lines', 'x': axis,
                      'y': 'ms', 'lines': [['measured', 1, [[g[axis], 1e3 * g['seconds']] for g in steps]],
                                           ['predicted', 1, [[g[axis], 1e3 * g['predicted_seconds']] for g in steps]]]})
    return {'rows': rows, 'plots': plots, 'data': result}
