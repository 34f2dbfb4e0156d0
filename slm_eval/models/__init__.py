"""What is evaluated, known before anything is loaded: registry, shapes, hardware and fit."""
