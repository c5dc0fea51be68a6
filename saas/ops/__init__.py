"""Operation: embedded servers, the stack of processes behind ``demo`` and ``send``, front-end parts."""
