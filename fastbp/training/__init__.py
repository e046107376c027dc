"""One run: all that training changes, and the loop that changes it."""
