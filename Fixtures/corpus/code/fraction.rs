// SPDX-License-Identifier: Apache-2.0
//! Exact fractions, enough of them to scale a recipe.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Div, Mul, Neg, Sub};
use std::str::FromStr;

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 {
        a.abs()
    } else {
        gcd(b, a % b)
    }
}

/// A fraction in lowest terms; the denominator is always positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fraction {
    top: i64,
    bottom: i64,
}

impl Fraction {
    pub const ZERO: Fraction = Fraction { top: 0, bottom: 1 };

    pub fn new(top: i64, bottom: i64) -> Option<Fraction> {
        if bottom == 0 {
            return None;
        }
        let common = gcd(top, bottom) * bottom.signum();
        Some(Fraction { top: top / common, bottom: bottom / common })
    }

    pub fn is_whole(self) -> bool {
        self.bottom == 1
    }
}

impl From<i64> for Fraction {
    fn from(whole: i64) -> Self {
        Fraction { top: whole, bottom: 1 }
    }
}

impl Add for Fraction {
    type Output = Fraction;
    fn add(self, other: Fraction) -> Fraction {
        let top = self.top * other.bottom + other.top * self.bottom;
        Fraction::new(top, self.bottom * other.bottom).expect("denominators are positive")
    }
}

impl Neg for Fraction {
    type Output = Fraction;
    fn neg(self) -> Fraction {
        Fraction { top: -self.top, bottom: self.bottom }
    }
}

impl Sub for Fraction {
    type Output = Fraction;
    fn sub(self, other: Fraction) -> Fraction {
        self + -other
    }
}

impl Mul for Fraction {
    type Output = Fraction;
    fn mul(self, other: Fraction) -> Fraction {
        Fraction::new(self.top * other.top, self.bottom * other.bottom).expect("denominators are positive")
    }
}

impl Div for Fraction {
    type Output = Option<Fraction>;
    fn div(self, other: Fraction) -> Option<Fraction> {
        Fraction::new(self.top * other.bottom, self.bottom * other.top)
    }
}

impl Sum for Fraction {
    fn sum<I: Iterator<Item = Fraction>>(iter: I) -> Fraction {
        iter.fold(Fraction::ZERO, |total, next| total + next)
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.top * other.bottom).cmp(&(other.top * self.bottom))
    }
}

impl fmt::Display for Fraction {
    /// Mixed numbers, as cooks write them: `2 1/2` rather than `5/2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.top / self.bottom, self.top % self.bottom);
        match (whole, rest) {
            (_, 0) => write!(f, "{whole}"),
            (0, _) => write!(f, "{}/{}", self.top, self.bottom),
            _ => write!(f, "{whole} {}/{}", rest.abs(), self.bottom),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct ParseFractionError(String);

impl fmt::Display for ParseFractionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a fraction: {:?}", self.0)
    }
}

impl std::error::Error for ParseFractionError {}

impl FromStr for Fraction {
    type Err = ParseFractionError;

    /// Accepts `3`, `3/4` and `1 3/4`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fail = || ParseFractionError(text.to_owned());
        text.split_whitespace()
            .map(|part| match part.split_once('/') {
                Some((top, bottom)) => {
                    let top = top.parse().map_err(|_| fail())?;
                    let bottom = bottom.parse().map_err(|_| fail())?;
                    Fraction::new(top, bottom).ok_or_else(fail)
                }
                None => part.parse::<i64>().map(Fraction::from).map_err(|_| fail()),
            })
            .collect::<Result<Vec<_>, _>>()
            .and_then(|parts| if parts.is_empty() { Err(fail()) } else { Ok(parts.into_iter().sum()) })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let recipe = [("flour", "2 1/4", "cups"), ("butter", "3/4", "cup"), ("eggs", "3", ""), ("salt", "1/2", "tsp")];
    let factor: Fraction = "1 1/3".parse()?;
    for (name, amount, unit) in recipe {
        let amount: Fraction = amount.parse()?;
        println!("{:<8}{} {}", name, amount * factor, unit);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_numbers_survive_a_round_trip() {
        for text in ["0", "7", "3/8", "2 1/2", "10 15/16"] {
            let value: Fraction = text.parse().unwrap();
            assert_eq!(value.to_string(), text);
        }
    }

    #[test]
    fn division_by_zero_is_refused() {
        assert_eq!(Fraction::from(1) / Fraction::ZERO, None);
        assert!("1/0".parse::<Fraction>().is_err());
    }
}
