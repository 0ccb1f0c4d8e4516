// StatefulSets
