// The error function and its complement in double precision, error below 1 ulp, and the normal distribution.
//
// The rational approximations are those of FreeBSD's msun (s_erf.c, Sun Microsystems, 1993), one for each of the
// ranges [0, 0.84375), [0.84375, 1.25), [1.25, 1/0.35) and [1/0.35, 6).

export function erf(x: number): number {
  const a = Math.abs(x);
  if (a < 0.84375) {
    const z = x * x;
    const p =
      1.28379167095512558561e-1 +
      z *
        (-3.2504210724700149937e-1 +
          z *
            (-2.84817495755985104766e-2 + z * (-5.77027029648944159157e-3 + z * -2.37630166566501626084e-5)));
    const q =
      1 +
      z *
        (3.97917223959155352819e-1 +
          z *
            (6.50222499887672944485e-2 +
              z *
                (5.08130628187576562776e-3 +
                  z * (1.32494738004321644526e-4 + z * -3.9602282787753681232e-6))));
    return x + x * (p / q);
  }
  const magnitude = a < 1.25 ? nearOne(a - 1) : a < 6 ? 1 - complement(a) : 1;
  return x < 0 ? -magnitude : x > 0 ? magnitude : x;
}

/** The normal distribution function Φ(x); below 0 from the complement, so that nothing cancels there. */
export function normalShare(x: number): number {
  const tail = 0.5 * erfc(Math.abs(x) * Math.SQRT1_2);
  return x < 0 ? tail : 1 - tail;
}

// erf(1 + s) for s in [-0.15625, 0.25): 8.45062911510467529297e-1 is erf(1), rounded to single precision.
function nearOne(s: number): number {
  return 8.45062911510467529297e-1 + nearOneRest(s);
}

// What it lacks.
function nearOneRest(s: number): number {
  const p =
    -2.36211856075265944077e-3 +
    s *
      (4.14856118683748331666e-1 +
        s *
          (-3.72207876035701323847e-1 +
            s *
              (3.18346619901161753674e-1 +
                s *
                  (-1.10894694282396677476e-1 +
                    s * (3.54783043256182359371e-2 + s * -2.166375594868790843e-3)))));
  const q =
    1 +
    s *
      (1.06420880400844228286e-1 +
        s *
          (5.40397917702171048937e-1 +
            s *
              (7.18286544141962662868e-2 +
                s *
                  (1.26171219808761642112e-1 +
                    s * (1.36370839120290507362e-2 + s * 1.1984499846799107417e-2)))));
  return p / q;
}

/** 1 - erf(x) without its cancellation. */
export function erfc(x: number): number {
  if (Number.isNaN(x) || x < 0.84375) return 1 - erf(x);
  if (x < 1.25) return 1 - 8.45062911510467529297e-1 - nearOneRest(x - 1);
  return x < 28 ? complement(x) : 0;
}

// 1 - erf(a) for a in [1.25, 28). Below 6 it is less than 0.08, so the rounding of a² in the exponent is lost in the difference;
// by itself it has a² times the error of a double.
function complement(a: number): number {
  const s = 1 / (a * a);
  let r: number;
  let q: number;
  if (a < 1 / 0.35) {
    r =
      -9.86494403484714822705e-3 +
      s *
        (-6.93858572707181764372e-1 +
          s *
            (-1.05586262253232909814e1 +
              s *
                (-6.23753324503260060396e1 +
                  s *
                    (-1.62396669462573470355e2 +
                      s *
                        (-1.84605092906711035994e2 +
                          s * (-8.12874355063065934246e1 + s * -9.81432934416914548592))))));
    q =
      1 +
      s *
        (1.96512716674392571292e1 +
          s *
            (1.376577541435190426e2 +
              s *
                (4.34565877475229228821e2 +
                  s *
                    (6.45387271733267880336e2 +
                      s *
                        (4.29008140027567833386e2 +
                          s *
                            (1.08635005541779435134e2 +
                              s * (6.57024977031928170135 + s * -6.04244152148580987438e-2)))))));
  } else {
    r =
      -9.86494292470009928597e-3 +
      s *
        (-7.99283237680523006574e-1 +
          s *
            (-1.77579549177547519889e1 +
              s *
                (-1.60636384855821916062e2 +
                  s *
                    (-6.37566443368389627722e2 +
                      s * (-1.02509513161107724954e3 + s * -4.83519191608651397019e2)))));
    q =
      1 +
      s *
        (3.03380607434824582924e1 +
          s *
            (3.25792512996573918826e2 +
              s *
                (1.53672958608443695994e3 +
                  s *
                    (3.19985821950859553908e3 +
                      s *
                        (2.55305040643316442583e3 +
                          s * (4.74528541206955367215e2 + s * -2.24409524465858183362e1))))));
  }
  // a² in two parts: the square of a with few bits is exact, and rounding the exponent would count beyond 1.
  const short = Math.fround(a);
  return (Math.exp(-short * short - 0.5625) * Math.exp((short - a) * (short + a) + r / q)) / a;
}
