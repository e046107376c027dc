"""How far a step scales, on several machines and on many cores: ``python -m benchmarks.scaling``.

========  ==================================================================================================
net       what is trained: a net, its batch, the shards of a batch
step      the event model: a step on several processes, from what its parts cost
growth    many nodes: weak and strong scaling, and the batch at which efficiency is lost
plan      how the engine shares a batch among threads: parts, barriers, bytes that cross cores
threads   the time of a step on so many threads, from the plan and what its parts cost
costs     what was measured, as these models take it
ranks     measures the parts of a step, and whole steps, on the processes that ``mpiexec`` has started
cores     measures a barrier, and what it costs to read what another core wrote
measure   has all that measured, in turns
report    what came out, as tables
========  ==================================================================================================
"""
