"""How the kinds of synthesis find their estimates among the printed numbers of a study."""
