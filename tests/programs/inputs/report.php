<?php
// Exercises the interpreter: classes, generators, closures, exceptions, the extensions, and files.

abstract class Shape
{
    abstract public function area(): float;

    public function __toString(): string
    {
        return sprintf("%s of %.3f", static::class, $this->area());
    }
}

final class Circle extends Shape
{
    public function __construct(private float $radius)
    {
    }

    public function area(): float
    {
        return M_PI * $this->radius ** 2;
    }
}

final class Rectangle extends Shape
{
    public function __construct(private float $width, private float $height)
    {
    }

    public function area(): float
    {
        return $this->width * $this->height;
    }
}

function primes(int $most): Generator
{
    $composite = [];
    for ($n = 2; $n <= $most; $n++) {
        if (isset($composite[$n])) {
            continue;
        }
        yield $n;
        for ($k = $n * $n; $k <= $most; $k += $n) {
            $composite[$k] = true;
        }
    }
}

function queens(int $size, array $row = []): int
{
    if (count($row) === $size) {
        return 1;
    }
    $ways = 0;
    for ($column = 0; $column < $size; $column++) {
        $free = true;
        foreach ($row as $y => $x) {
            $free = $free && $x !== $column && abs($x - $column) !== count($row) - $y;
        }
        $ways += $free ? queens($size, [...$row, $column]) : 0;
    }
    return $ways;
}

echo "arguments: ", implode(", ", array_slice($argv, 1)), "; greeting: ", getenv("GREETING"), "\n";
$shapes = [new Circle(1.5), new Rectangle(2, 3), new Circle(0.5)];
usort($shapes, fn (Shape $a, Shape $b) => $a->area() <=> $b->area());
echo implode("; ", $shapes), "\n";
$primes = iterator_to_array(primes(20000), false);
echo count($primes), " primes, the last ", end($primes), ", sum ", array_sum($primes), "\n";
echo "queens: ", queens(7), "\n";

$text = file_get_contents("words.txt");
preg_match_all('/\b(\w)\w*\b/u', $text, $found);
$counts = array_count_values(array_map("strtolower", $found[0]));
arsort($counts);
echo json_encode(array_slice($counts, 0, 3), JSON_PRETTY_PRINT), "\n";
echo hash("sha256", $text), " ", md5($text), " ", crc32($text), "\n";
echo preg_replace_callback('/[aeiou]/', fn ($vowel) => strtoupper($vowel[0]), "the mill grinds wheat"), "\n";
echo gmdate("Y-m-d H:i:s", 1_000_000_000), " ", intdiv(PHP_INT_MAX, 7), " ", 0.1 + 0.2, "\n";
var_dump(unserialize(serialize(["a" => 1, "b" => [true, null, 1.5]])));

try {
    intdiv(1, 0);
} catch (DivisionByZeroError $error) {
    echo get_class($error), ": ", $error->getMessage(), "\n";
} finally {
    echo "finally\n";
}

file_put_contents("counts.json", json_encode($counts));
file_put_contents("counts.json", "\n", FILE_APPEND);
mkdir("made");
rename("counts.json", "made/counts.json");
echo implode(" ", array_diff(scandir("."), [".", ".."])), " ", filesize("made/counts.json"), "\n";
exit(4);
