package org.securemed.card.gs1;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.Year;
import java.time.YearMonth;

/**
 * Dates of six digits.
 *
 * @see <a href="https://ref.gs1.org/standards/genspecs/">GS1 General Specifications, 3.4 and 7.12</a>
 */
final class Dates {
    private Dates() {}

    /**
     * Reads YYMMDD; day 00 is the last of the month, and the century is the one that puts the year less than 51 years
     * ahead of and less than 50 behind {@code now}.
     *
     * @param digits six digits
     * @throws DateTimeException if there is no such day
     */
    static LocalDate parse(String digits, Year now) {
        int year = year(Integer.parseInt(digits.substring(0, 2)), now.getValue());
        YearMonth month = YearMonth.of(year, Integer.parseInt(digits.substring(2, 4)));
        int day = Integer.parseInt(digits.substring(4, 6));
        return day == 0 ? month.atEndOfMonth() : month.atDay(day);
    }

    private static int year(int twoDigits, int now) {
        int century = now - now % 100;
        int difference = twoDigits - now % 100;
        if (difference >= 51) {
            return century - 100 + twoDigits;
        }
        if (difference <= -50) {
            return century + 100 + twoDigits;
        }
        return century + twoDigits;
    }
}
