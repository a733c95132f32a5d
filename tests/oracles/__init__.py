"""Cases with expected values from tools nobody in the project wrote: ``make oracles DIR=PATH``."""
