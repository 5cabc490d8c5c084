/**
 * The gear table of FastCDC: for each byte a 64-bit number, little-endian. It is the upper half of the MD5 of 64 times that byte, which the
 * tests compute anew.
 *
 * Source: Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication Based Storage Systems", 2020; the numbers are
 * those of the Rust crate `fastcdc`, which the Remote Execution API refers to.
 */
export const GEAR: Uint8Array = Buffer.from(
  [
    "3Dd+IH08XTuGMBKRumhNeJhyLogPiFLNp8z9GU6Oz+orY9H7XTgfw+arJR4AJ18dkdmaPN4LE4NJdptuZyWyxJm0juApmzKqWH1XHtLLf7Zrzyra",
    "qronACYiPMdaLe/jtxLTbk3ykAh+fB2FNuAJqBvYEwBe/qbwFOwsRQRjAh2PJI5kMkaGA7S5ks09z6rNVngYPOYS4PW2AByC0/liiIpvD3U4cy+o",
    "bwvLwcY9WB7xp0OXtkUxeusHSEDuD7KrXTq4B/48S7EPmtuKiSfcub5iqhvp9QM3mH1fgWa4C8/T3KkexGeYPSzyK0Rl+uEb2TFWxaQNMBSZXFTG",
    "y+mY5qWSTsZ+EGNHJGppZfwhWMa38CJIBmwZdgFeUvNB6FtI9U+XhZy8Uvbp4+msLzXYyo7pNevc0W4qD2gR3LqD9MbxEs/pF4z9PHFkpS5ePLiJ",
    "qZLjJP1cZq4VicsE5cQz7FF0/slfsbk/lSFflNEf/dfY70M0heCtMdLi4WOY/F4lz0JWjQC26hAEyHolY0jwRtMnmngqxC2lZfV655zfqtq7/oc9",
    "1ZxHay+3PfnT4glj1vkfqvuPc8Voea8lP3/Va0oKDdmGVGBnrr2/Y5YLTeEUBOsW2Ni7txahNWvxpPje1v6vqoUtk+dI/QzpuhwWCIvwlLK+B1WF",
    "spnT/6ZOI5EC8zUkS89wrSctvGV1qYnS3pnK/zeEVY5AwBVxS3DSlkEOZvzNu4kIjRKS3GdODV6X7WNwkfipcuMW4AnUaYtDl0OKXYrtT9/3A9RB",
    "zx30AD9gUo4D6xRIUdbiWMy6r52vcOFLjkUv/kCp9k1B7FdEFDMSURQv5gbMkrpz0RQQvWB31V7iGPPeJYXK3+kN6p9LYiBs5+GdRWbW4heWGOyu",
    "y4NaqwYsahIyYQ82MhUysSMBtNsDFUJls5oI6ofCZy221mul9b+TbI3Ztso2IPtPT63nG1t4e85j0Z8Y9i607faIOXCIUpDchBhpLB2cXzb+m9mA",
    "NlhAxsY+WQdMYtQ8BVh8XdioHn9JcbWA1EJIAYiGglrLm2QL8Bib145w1bzw8tL7YsiH6SzYDB9nMSeYY8DYFos+8bq6G5W9nBCjjq1cOPtbBEHR",
    "MH0fr6DByyrfvwPfiU1E5vmPGLhxx4yhuzkcsJ1CNJgfagj+B91KIfk/ax+bwQePVf5Pv7GXolbHT8WT5FjVlMtSRXZMwr9AyyCFim9wGpNSvTUp",
    "Mp0iMq/vT9z10GAltpuWVYPEvJ1qtcCFORzYD9orD1bhFzjg1bKS2IFPu8HX0ihOT4bEsGPC1tn5Scw+XqYrtZl+MFFSp4TaiLbyirYgG7kjJdf1",
    "Bkhj9B//lW2aM1hUVSEvVkZjM4n4R87A2ECbCOUjeEiSlW28fnxy5LpwSel3co9aULvIsQb0ovxwEHnxlYofWwWGAsmfrwTTSOcwyX+rQFShtSrK",
    "+yUtMXXVpDSypPQQc3R+BFUdMJAeWWFsiHJjOwZORHy3AjQp133p06Q0H0V7xRvYFNhYMWnam1tCQkkDu9ky5fkvA+LleSGLawauYthxjS8M4UWV",
    "wD/Ssj5I93+Gjcm9zl+UAKJsspm+u2SHw7/AhCLGHhsrNqrwxPzgWI1FjYf6vkpfGcUHli+sdP2pv4zfN/vjpOV0xcpDfmm/U830aD9K8YYi5Rxv",
    "Bz2iJMiMhkiAzSXnYkNGsp5yPL/YHsyzV8322HcVVCUk5SljwBqu1YpoqmJF+JsmZiUkCkunrFNHGosWPH4u/++viffbzG87CWIzbLIJjNIL9ehM",
    "k6roWrktagCMGj08Yg1bl1uMMzU5XWAYcTytbBP2tlum2PgBB6JTD2c86efSWoyrKaqsJ1GstUBfiXUgPPZ7jFyASgF+n714MsDI+fTpybLzkesn",
    "mATW771vwYL0WeQrjKpadMXgLNm5ZdmYso+qChU7gGws+TcreA4PTumlVIwyMAoM6bb5lXR4bEOqn5PnyUCKao/+a9H60j8mhiuYRIPlhPk5+4Xi",
    "0xl2LfeNmnce3dXojZrX8uKEZtZUcwPR5aho5qSCTADmRLBodgrUMREs0ItTeAXXgvTFeBBDRdutUWp/uyFxl9347zS9zNVzzRduNX2gN+QnVslD",
    "IHiyR5rUQT5BUbKf0xMlZWAL18yySRuKHrOVHBtMyxv9PefKD7f1sTGD2TQv2Tgj8jlOeCD0TQZKPWEYvs4LX+La2PH8XoWuFXz3M5wQ6xK5s4g8",
    "pe6va8kuapWHDq3gtQWgGo67xCcF1wBVRMwhZBlXbOM57jbMhtLEE4Eqi4E9olRW3Kth0RPcsXe1Xo1f3kRPc6KJbEoXfnFgHiFqJkmWfdSQnrYr",
    "MqQTWzz8tfgJlmb3ydrcvlWs5iHqbRZhK7ZWm5x+eTm5Zo/0mq7mwPky8zWwjYeaaj9zzMIIwRzkYaE9UU2RNeVK17dpZNMRCztJTRp0qfsdTSbO",
    "Btw2dNzy0aknKkxgFoBzcNXzk27pNh0jGY2DlxGIZnYM1KoKCYMqSl2zaBZZYefxpzD3l2QjY3NN3Xlz44AQMEJwgnEp6i1QX2Iyj4XrxcL/va/f",
    "nvtqeKSykISGDe7a9gmGJrNmc2E+F0b+oDUOrhFPgj7pfaDRqMykXhGLmwe7ro9VdJKpk7MDiuAibh770I1po9tfY+pcOlAok2VTz4DX1W8es+PN",
    "E0Rh0yFCPo4sovFr2NAU79tdbPHTMNjh4QQVRSorvao",
  ].join(""),
  "base64",
);
