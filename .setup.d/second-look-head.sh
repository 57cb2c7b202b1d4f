# What training a head needs: a test trains one.
source "$(dirname "${BASH_SOURCE[0]}")/words.sh"
bash models/second-look-head/setup
