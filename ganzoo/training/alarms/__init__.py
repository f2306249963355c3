"""What training watches for: signs in the log, judged by how long they last, told in a sentence."""
