package org.securemed.card.gs1;

/**
 * The check digit of GS1's numbers.
 *
 * @see <a href="https://ref.gs1.org/standards/genspecs/">GS1 General Specifications, 7.9.1</a>
 */
final class CheckDigit {
    private CheckDigit() {}

    /**
     * Whether the last digit is right.
     *
     * @param number digits only, at least two
     */
    static boolean matches(String number) {
        return of(number.substring(0, number.length() - 1)) == number.charAt(number.length() - 1) - '0';
    }

    /**
     * The digit that belongs after these.
     *
     * @param digits digits only
     */
    static int of(String digits) {
        int sum = 0;
        for (int i = 0; i < digits.length(); i++) {
            int weight = (digits.length() - i) % 2 == 1 ? 3 : 1;
            sum += weight * (digits.charAt(i) - '0');
        }
        return (10 - sum % 10) % 10;
    }
}
