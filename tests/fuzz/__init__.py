"""Random specs, held against PyTorch on the CPU.

    seed ──► sound spec ──► near miss ──► text ──► Verdict: agreed, or what torch does otherwise ──► Tally

``make fuzz N=10000`` runs many seeds; the tests run few, and let Hypothesis draw and shrink some more.
"""
