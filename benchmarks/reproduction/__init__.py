"""``make report``: the experiments of the report on MNIST once more, and which of its findings hold.

    specs/sweeps/*.yaml ──plans──► ten Plannings ──running──► build/report/NAME/    one pool of slots for all of them

A folder below build/report is an ordinary sweep's, and `cnnspec sweep` and `cnnspec report` take it as well. So it does
not matter where a sweep was run: its folder can come from another machine.
"""
