package org.securemed.fhir.demo;

import java.util.List;

/**
 * A row of the cast.
 *
 * @param given given name in Latin letters
 * @param family family name in Latin letters
 * @param written the whole name as its bearer writes it, or empty if that is the same
 * @param female administrative gender
 * @param language BCP 47 tag of the language to speak with them
 * @param languageName its English name
 * @param age in whole years on {@link Chart#TODAY}
 */
record Person(
        String given, String family, String written, boolean female, String language, String languageName, int age) {

    /** Forty people, ages 0 to 96, eighteen languages. */
    static final List<Person> CAST = List.of(
            woman("Elena", "Rossi", "", "it", "Italian", 47),
            man("Mateusz", "Kowalczyk", "", "pl", "Polish", 62),
            woman("Fatima", "Haddad", "فاطمة حداد", "ar", "Arabic", 34),
            man("Lukas", "Brandt", "", "de", "German", 29),
            woman("Mei", "Chen", "陈梅", "zh", "Chinese", 71),
            man("Oleksandr", "Shevchuk", "Олександр Шевчук", "uk", "Ukrainian", 8),
            woman("Ngozi", "Eze", "", "en", "English", 53),
            man("João", "Pereira", "", "pt", "Portuguese", 66),
            woman("Siobhán", "O'Connor", "", "en", "English", 38),
            man("Emre", "Yıldız", "", "tr", "Turkish", 44),
            woman("Priya", "Raman", "प्रिया रमन", "hi", "Hindi", 31),
            man("Håkon", "Bergström", "", "sv", "Swedish", 79),
            woman("Camille", "Lefèvre", "", "fr", "French", 25),
            man("Diego", "Álvarez Núñez", "", "es", "Spanish", 57),
            woman("Thu", "Nguyễn", "Nguyễn Thu", "vi", "Vietnamese", 42),
            man("Yusuf", "Warsame", "", "so", "Somali", 5),
            woman("Katarzyna", "Wójcik", "", "pl", "Polish", 36),
            man("Haruto", "Sato", "佐藤 陽翔", "ja", "Japanese", 50),
            woman("Ingrid", "Jørgensen", "", "da", "Danish", 84),
            man("Ravi", "Deshmukh", "रवि देशमुख", "hi", "Hindi", 68),
            woman("Olena", "Bondarenko", "Олена Бондаренко", "uk", "Ukrainian", 27),
            man("Pierre", "Dubois", "", "fr", "French", 73),
            woman("Zeynep", "Kaya", "", "tr", "Turkish", 16),
            man("Omar", "Al-Masri", "عمر المصري", "ar", "Arabic", 59),
            woman("Beatriz", "Carvalho", "", "pt", "Portuguese", 1),
            man("Stefan", "Ionescu", "", "ro", "Romanian", 46),
            woman("Hannah", "Weiß", "", "de", "German", 33),
            man("Kwame", "Mensah", "", "en", "English", 40),
            woman("Lucía", "Fernández", "", "es", "Spanish", 61),
            man("Minh", "Phạm", "Phạm Minh", "vi", "Vietnamese", 22),
            woman("Astrid", "Lindholm", "", "sv", "Swedish", 12),
            man("Giorgos", "Papadakis", "Γιώργος Παπαδάκης", "el", "Greek", 70),
            woman("Aaliyah", "Johnson", "", "en", "English", 28),
            man("Wei", "Zhang", "张伟", "zh", "Chinese", 55),
            woman("Chiara", "De Luca", "", "it", "Italian", 19),
            man("Tadeusz", "Nowak", "", "pl", "Polish", 91),
            woman("Leila", "Moradi", "لیلا مرادی", "fa", "Persian", 45),
            man("Noah", "Müller-Lüdenscheidt", "", "de", "German", 0),
            woman("Margaret", "Ashworth", "", "en", "English", 96),
            man("Amir", "Cohen", "אמיר כהן", "he", "Hebrew", 37));

    private static Person woman(
            String given, String family, String written, String language, String languageName, int age) {
        return new Person(given, family, written, true, language, languageName, age);
    }

    private static Person man(
            String given, String family, String written, String language, String languageName, int age) {
        return new Person(given, family, written, false, language, languageName, age);
    }
}
