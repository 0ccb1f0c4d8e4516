// DaemonSets
