"""What `pulumi up` would do: a project's program, run without an engine and without a server."""

from llmcost_infra.program.history import program_at
from llmcost_infra.program.registered import Program, Registered
from llmcost_infra.program.run import at_once, run_program

__all__ = ["Program", "Registered", "at_once", "program_at", "run_program"]
