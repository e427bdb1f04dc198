// The scalars that names may not have, as Spec/Names.md lists them: for each range how far it begins
// behind the end of the one before, and how far it ends behind its beginning, in base 36.
const RANGES = `lc+26 2+v 5 a 9 70+4 7e+18 2 2+1 2+1 2 21+a 1d+k h 2u+6 3+5 3+1 2+3 10 v+q 4h+8 a p+3 2+8 2+2 2+4 18+2 1o+8
17+n 2+s 1p h 4+3 4+7 2l 2 f a 5+1 2 v 1h 3 6 h c+2 3 2m h 33 2 f 9+1 5+1 2p f a 2t h 8+1 2u 6 b 8+1 2t+1 2
f a 37 5 g 2h+2 e+3 31+2 e+3 25+1 s 2 2 a a 5 5 5 d 8+5 2 2+3 3+4 2+1 c a 5 5 5 d d 2w 9 2+1 2b 5w+k 1f+q
bf+2 qd+1 v 4e b 5o 40+2 64+1 20 l+7 3 1d+d 2+f 2u+1 f 13+8 1j+1 1n c+1 1w 49+2 2+c 2+6 5 7 4+1 5j+1r aa 2
2 2 2 2 2 1q 3 b 2 8 8 8 8 3+1 a 2 2 3+1 5r+c 5 4+b 1i 4+1 e6+1 1iq er+2 3y 2p+v ff+5 2y+1 n9x 5+9 x+1 29+1
7p 12 48 s+h 1m+2 12 2o d 6o 2+2 3+1 6+1 2 1h 6v f83+7h 3 2 3+9 2 2 3+1 4+1v 3+2x 1w+2 b+c 2+4 2 2+1 2+1
2+8 k2+f r2 6b 46+4 1ar 2 15+2 5 4m+1 fy+3 1u+4 8u+1 29+2 1z+a 1e+3 5d 16 f 1m+1 1y+2 11 c+1 1r 25 a 2z+1
4z+1 29+1 2 f a f+6 4+4 1w 3 7 3 2+2 5+2 36 4 o 2a a 3 5+1 6k g+1 3j 3b+1 38 7i+1 6u d+1 5 4d 2c j 2a bq 77
2+1 2a bu+1 d0c+b 6 1xd+4 1o+6 fl+1 i0+1 f59 43k+b 4+5 9+7 3+6 v+3 e+5 3m+2 2po+6 2+g 3+6 2+1 2+4 2t 4h+6
ag 1q+3 e5+3 73+1 kh+6 32+6 1hh2+f1`;

let end = 0;

/** First and last scalar of each range. */
export const outsideNames = RANGES.split(/\s+/).map((word) => {
  const [gap, length] = word.split("+").map((digits) => parseInt(digits, 36));
  const first = end + gap;
  end = first + (length ?? 0);
  return [first, end];
});
