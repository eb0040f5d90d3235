# rules.mk -- one rule per generated table; add outputs to MADE.
MADE :=
