/* What a builder finds, for whoever asks what a cluster can host. */
#pragma once

/* Says it, a line for each thing. The variable `inputs` names a directory of the inputs. @returns our exit code. */
int look(const char *name);
