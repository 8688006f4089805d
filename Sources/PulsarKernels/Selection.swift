/// Order statistics without sorting.
public enum Selection {
    /// The element of rank `k` (0 the smallest) of `values`, which are reordered. NaN must not occur. (Hoare's quickselect with the middle of
    /// three as pivot.)
    public static func element(_ k: Int, of values: UnsafeMutablePointer<Float>, count: Int) -> Float {
        var low = 0
        var high = count &- 1
        while low < high {
            let middle = (low &+ high) >> 1
            let (a, b, c) = (values[low], values[middle], values[high])
            let pivot = max(min(a, b), min(max(a, b), c))
            var i = low
            var j = high
            while i <= j {
                while values[i] < pivot { i &+= 1 }
                while values[j] > pivot { j &-= 1 }
                if i <= j {
                    (values[i], values[j]) = (values[j], values[i])
                    i &+= 1
                    j &-= 1
                }
            }
            if k <= j { high = j } else if k >= i { low = i } else { return values[k] }
        }
        return values[k]
    }
}
