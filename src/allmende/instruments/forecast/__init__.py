"""What comes next in a series, with an interval and the proof in hindsight; withheld when it is no better than naive."""
