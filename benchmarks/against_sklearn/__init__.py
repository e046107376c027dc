"""fastbp's estimators against scikit-learn's: ``python -m benchmarks.against_sklearn``.

Whether the numbers are the same (parity, whole), and who is faster (cases, worker, duel); what came out, as text (report).
"""
