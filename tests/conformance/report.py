"""Counts checks and prints one line for each, with the faults below it."""


class Report:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def check(self, claim, faults):
        """Records `claim`, which holds where `faults` is empty."""
        faults = [str(fault) for fault in faults]
        if not faults:
            self.passed += 1
            print(f"  ok    {claim}")
            return
        self.failed += 1
        print(f"  FAIL  {claim}")
        for fault in faults[:20]:
            print(f"          {fault}")
        if len(faults) > 20:
            print(f"          … and {len(faults) - 20} more")
